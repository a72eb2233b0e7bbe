"""Pure mappings between both sides: order numbers, order lines, reasons, carriers."""
