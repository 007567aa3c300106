"""What looks at the network from within, as its users would: one probe a file, each giving typed samples."""
