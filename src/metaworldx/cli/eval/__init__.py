"""Commands of `metaworldx eval`: an agent, experts alone or mixed, a script, in native MuJoCo."""
