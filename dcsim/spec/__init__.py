"""What a user may write: frozen specs, YAML with places, layers with origins, and messages that tell the fix."""
