package difficulty

type Known struct{ Text, Hidden []float64 }
