"""Text and box measuring with the real fonts, for plans, rendering and checks alike."""
