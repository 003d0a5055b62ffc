"""Servers for a machine with nothing but Python: PostgreSQL, Pub/Sub, an object store.

They listen on loopback alone, on free ports, and keep their state under one folder. PostgreSQL
asks for a password; Pub/Sub and the object store, like the emulators they stand in for, let every
user of the machine in. Made for Linux and macOS; on Linux they are gone when their process is,
however it ends.
"""
