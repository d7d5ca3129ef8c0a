"""One event a module, declared as EVENT with its `render`; the mode banner, number and exchange are added for all."""
