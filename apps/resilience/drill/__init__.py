"""An upstream to practise with: an OpenAI-compatible endpoint whose faults are chosen."""
