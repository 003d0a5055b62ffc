"""Deployment manifests of Cloud Run, held against the code, without a cloud."""
