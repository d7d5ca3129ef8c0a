"""One kind of living message a module, declared as KIND with its `render`; banner, number and exchange are added."""
