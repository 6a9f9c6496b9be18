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

// Join puts the contents back. Memory that was added since stays, as zeros.
func (f *Fork) Join() error {
	s := f.s
	s.dirty = true
	if err := s.look(); err != nil {
		return err
	}
	for _, p := range s.owned {
		copy(s.at(p.number), s.im.page(p.number)) // not owned then: the image's
	}
	for k, n := range f.pages {
		copy(s.at(n), f.was.page(int32(k)))
	}
	s.dirty = true
	return f.was.close()
}
