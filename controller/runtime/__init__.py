"""The controller as a process: informers, the loop from change to commit, the two writers' upkeep, the admin socket."""
