"""The outside witness: shares no code with the product or with the rest of the tests, records what
is true at the source and what users can read, and judges (../README.md)."""
