"""The quality gate: every row of the lesson rules, measured from what a lesson is made of."""
