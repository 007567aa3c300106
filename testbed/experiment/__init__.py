"""What an experiment is and how it is carried out: scenarios with their params, and the runs made of them."""
