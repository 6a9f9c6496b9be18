package cow

// Fork is the contents of a space at one moment, beside its checkpoint: to try
// something and take it back.
type Fork struct {
	s     *Space
	pages []int32 // owned at that moment
	was   store
}

// Fork copies what differs from the image.
func (s *Space) Fork() (*Fork, error) {
	s.dirty = true // its guest is at work
	if err := s.look(); err != nil {
		return nil, err
	}
	f := &Fork{s: s}
	for _, p := range s.owned {
		f.pages = append(f.pages, p.number)
		if _, err := f.was.add(s.at(p.number), -1); err != nil {
			f.was.close()
			return nil, err
		}
	}
	return f, nil
}

// Back puts the contents back. Memory that was added since stays, as zeros.
func (f *Fork) Back() error {
	s := f.s
	s.dirty = true
	if err := s.look(); err != nil {
		return err
	}
	for k, n := range f.pages {
		copy(s.at(n), f.was.page(int32(k)))
	}
	for _, p := range s.owned[len(f.pages):] { // since then: the image's before
		copy(s.at(p.number), s.im.page(p.number))
	}
	return nil
}

// Close frees what the fork holds.
func (f *Fork) Close() error {
	f.s.dirty = true // whatever Begin and End have seen
	return f.was.close()
}
