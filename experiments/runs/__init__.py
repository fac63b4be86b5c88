"""Run folders: made, loaded, resumed, evaluated."""
