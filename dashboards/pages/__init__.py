"""Pages as pure functions from an edition to a page model. No HTML here, and no SQL."""
