"""Results for people and other programs to look at: a run or a replay, retold in one file."""
