"""Physics simulation behind one interface; knows robots and scenes as models, but no task."""
