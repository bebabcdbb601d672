//! The stream allocates nothing once it is warm; this binary has its own counting allocator.
