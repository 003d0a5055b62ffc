"""The bundled topics and their reader."""
