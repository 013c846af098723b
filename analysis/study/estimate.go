package study

import (
	"math"
	"slices"
	"strconv"

	"imsim/analysis/stats"
	"imsim/scenarios/rundir"
)

// Estimates returns what the replications of each point say of every statistic: the mean with its interval. Where a point was
// run once and its run was cut into batches, the means of the batches take the place of replications.
func Estimates(runs []*rundir.Replication, confidence float64) (list []rundir.Estimate) {
	for i := 0; i < len(runs); {
		j := i
		for ; j < len(runs) && runs[j].Point == runs[i].Point; j++ {
		}
		list = append(list, estimate(runs[i:j], confidence)...)
		i = j
	}
	return list
}

func estimate(runs []*rundir.Replication, confidence float64) (list []rundir.Estimate) {
	type key struct{ metric, stat, class string }
	at := map[key]int{}
	var samples [][]float64
	for _, r := range runs {
		for i := range r.KPIs {
			k := &r.KPIs[i]
			v, err := strconv.ParseFloat(k.Value, 64)
			if err != nil {
				continue // the writer makes none
			}
			n, ok := at[key{k.Metric, k.Stat, k.Class}]
			if !ok {
				n = len(list)
				at[key{k.Metric, k.Stat, k.Class}] = n
				list = append(list, rundir.Estimate{Point: r.Point, Labels: r.Labels, Metric: k.Metric, Stat: k.Stat, Class: k.Class, Unit: k.Unit})
				samples = append(samples, nil)
			}
			samples[n] = append(samples[n], v)
		}
	}
	for i := range list {
		e := &list[i]
		x := samples[i]
		m := stats.Mean(x, confidence)
		e.N, e.Mean, e.Std, e.Half, e.Min, e.Max = m.N, m.Mean, m.Std, m.Half, slices.Min(x), slices.Max(x)
		if len(runs) > 1 || e.Stat != "mean" || e.Class != "" {
			continue
		}
		for _, b := range runs[0].Batches {
			if b.Metric == e.Metric {
				m := stats.Mean(b.Means, confidence)
				e.N, e.Std, e.Half = m.N, m.Std, m.Half
				if math.IsNaN(e.Std) {
					e.Half = math.Inf(1)
				}
			}
		}
	}
	return list
}
