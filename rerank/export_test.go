package rerank

// AutoWith is auto with other weights, for the study of how much they matter.
func AutoWith(agreement, confirmation, raised float64) Selector {
	return selector{"auto", ByMethod, autoRule{agreement, confirmation, raised}.rank}
}

// AutoWeights are the weights in use.
func AutoWeights() (agreement, confirmation, raised float64) {
	return autoWeights.agreement, autoWeights.confirmation, autoWeights.raised
}
