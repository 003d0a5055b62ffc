"""What a minor gets no lesson on, told by rules before anybody else reads the question."""
