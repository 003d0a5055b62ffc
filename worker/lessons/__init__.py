"""The domain, pure: what a request, a storyboard, a timeline and a lesson are."""
