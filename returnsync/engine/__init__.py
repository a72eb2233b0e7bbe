"""The engine: pull, plan, guard, deliver, recover, tell. It knows the interfaces and no vendor."""
