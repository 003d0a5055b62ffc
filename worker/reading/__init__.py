"""The lesson as a page to read and to print: its content, its pictures, its templates."""
