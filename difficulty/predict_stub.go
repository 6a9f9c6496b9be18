package difficulty

func (r *replayer) predict() error { return nil }
