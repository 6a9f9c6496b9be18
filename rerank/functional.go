package rerank

import (
	"encoding/binary"
)

// The rules of this file are for comparison: other people's use of outputs, and
// auto and codet with nothing new but what they take for one behaviour.

// cluster is the candidates that did the same on all calls: they returned the same
// values and failed alike. It is a finer behaviour than passing the same tests.
type cluster struct {
	row    int // one of them
	weight int
}

// clusters groups rows by what they did on the calls, in order of first row, and
// tells each row's cluster.
func (e Evidence) clusters(rows []int) (clusters []cluster, of []int) {
	seen := map[string]int{}
	of = make([]int, len(rows))
	var buf []byte
	for n, i := range rows {
		buf = buf[:0]
		for c := range e.Outputs.Calls() {
			buf = binary.LittleEndian.AppendUint32(buf, uint32(e.Outputs.Class(i, c)))
		}
		k, ok := seen[string(buf)]
		if !ok {
			k = len(clusters)
			seen[string(buf)] = k
			clusters = append(clusters, cluster{row: i})
		}
		clusters[k].weight += e.weight[i]
		of[n] = k
	}
	return clusters, of
}

// clusterWeights are the samples that did the same as each row on all calls; of its
// behaviour class where no calls were observed.
func clusterWeights(e Evidence, rows []int) []int {
	if e.Outputs.Calls() == 0 {
		return e.classWeights(rows)
	}
	clusters, of := e.clusters(rows)
	weight := make([]int, len(rows))
	for n, k := range of {
		weight[n] = clusters[k].weight
	}
	return weight
}

// srank is functional overlap reranking (To et al. 2024, "Functional Overlap
// Reranking for Neural Code Generation", section 3): a cluster of equal outputs
// scores the sum of all clusters' sizes times the tests they pass, each weighted by
// the share of calls on which the two did the same.
func srank(e Evidence, rows []int) []key {
	if e.Outputs.Calls() == 0 {
		return codet(e.Matrix, rows, e.classWeights(rows))
	}
	// Of a cluster not all need pass the same tests: not every test's call was
	// observed.
	passed := e.countPlane(planePass)
	clusters, of := e.clusters(rows)
	value := make([]float64, len(clusters))
	for n, i := range rows {
		value[of[n]] += float64(e.weight[i]) * float64(passed[i])
	}
	score := make([]float64, len(clusters))
	for c := range e.Outputs.Calls() {
		sum := make([]float64, e.Outputs.Classes(c))
		for k, cl := range clusters {
			if class := e.Outputs.Class(cl.row, c); class != NoClass {
				sum[class] += value[k]
			}
		}
		for k, cl := range clusters {
			same := value[k]
			if class := e.Outputs.Class(cl.row, c); class != NoClass {
				same = sum[class]
			}
			score[k] += same / float64(e.Outputs.Calls())
		}
	}
	keys := make([]key, len(rows))
	for n, k := range of {
		keys[n].score = score[k]
	}
	return keys
}
