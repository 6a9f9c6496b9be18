package rerank

// class is the solutions that pass exactly the same columns: as far as the
// tests can see, one behaviour.
type class struct {
	passes []uint64 // over columns
	rows   []int
	weight int
	tests  int // columns passed, as often as they were generated
}

// behaviours groups rows by what they pass, in order of first row, and tells
// each row's class.
func (m *Matrix) behaviours(rows []int) (classes []class, of []int) {
	passes := m.plane[planePass].Transpose()
	counter := m.counter()
	seen := make(map[string]int, len(rows))
	of = make([]int, len(rows))
	buf := make([]byte, 0, (m.cols/64+1)*8)
	for n, i := range rows {
		buf = buf[:0]
		for _, w := range passes.Row(i) {
			for s := 0; s < 64; s += 8 {
				buf = append(buf, byte(w>>s))
			}
		}
		k, ok := seen[string(buf)]
		if !ok {
			k = len(classes)
			seen[string(buf)] = k
			classes = append(classes, class{passes: passes.Row(i), tests: counter.count(passes.Row(i))})
		}
		c := &classes[k]
		c.rows = append(c.rows, i)
		c.weight += m.weight[i]
		of[n] = k
	}
	return classes, of
}

// spread gives every row its class's key.
func spread(classes []class, of []int, score func(c *class) key) []key {
	byClass := make([]key, len(classes))
	for k := range classes {
		byClass[k] = score(&classes[k])
	}
	keys := make([]key, len(of))
	for n, k := range of {
		keys[n] = byClass[k]
	}
	return keys
}

// classWeights are the samples of each row's class.
func (m *Matrix) classWeights(rows []int) []int {
	classes, of := m.behaviours(rows)
	weight := make([]int, len(rows))
	for n, k := range of {
		weight[n] = classes[k].weight
	}
	return weight
}
