//! Shows a run: the only room besides `cli` that writes to the terminal.
