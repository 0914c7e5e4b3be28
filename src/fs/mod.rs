//! Files of this machine: reading what anyone may have put there, copying, what only the user may read, the user's folders.

mod dockerignore;
pub mod folders;
pub mod owner;
mod private;
mod read;
mod stamp;
pub mod temporary;
pub mod tree;

pub use dockerignore::DockerIgnore;
pub use private::{create_private, write_json};
pub use read::{can_be_walked, can_be_walked_from, copy_sparse, open, pattern_fault, read, read_patterns, read_text};
pub use stamp::stamp;
