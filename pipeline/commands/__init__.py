"""What people run beside the stages: one file a command, named as the command."""
