//! Files on this machine: reading with limits, writing atomically, copying.
