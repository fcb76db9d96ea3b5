"""The ground floor of everything that writes: durable files, a full disk, who may read what is written."""
