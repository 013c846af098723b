package netstack

// matrix is every cell with the bands of the ratio of our sender's goodput to gVisor's: to gVisor, to ours. A band is what six
// pairs of seeds gave, a twentieth wider at both ends, in steps of 0.05; docs/validation.md has the reasons.
var matrix = []struct {
	cell
	bands [2][2]float64
}{
	{cell{"reno", 10, 0}, [2][2]float64{{0.90, 1.05}, {0.95, 1.10}}},
	{cell{"reno", 10, 1000}, [2][2]float64{{0.95, 1.10}, {0.95, 1.10}}},
	{cell{"reno", 10, 5000}, [2][2]float64{{0.90, 1.05}, {0.90, 1.05}}},
	{cell{"reno", 10, 10000}, [2][2]float64{{0.90, 1.05}, {0.80, 0.95}}},
	{cell{"reno", 10, 30000}, [2][2]float64{{0.75, 0.95}, {0.65, 0.80}}},
	{cell{"reno", 10, 50000}, [2][2]float64{{0.60, 0.80}, {0.60, 0.75}}},
	{cell{"reno", 50, 0}, [2][2]float64{{0.95, 1.10}, {0.95, 1.10}}},
	{cell{"reno", 50, 1000}, [2][2]float64{{0.90, 1.10}, {0.75, 1.05}}},
	{cell{"reno", 50, 5000}, [2][2]float64{{0.80, 1.85}, {0.70, 0.90}}},
	{cell{"reno", 50, 10000}, [2][2]float64{{0.85, 1.05}, {0.70, 0.90}}},
	{cell{"reno", 50, 30000}, [2][2]float64{{0.75, 1.00}, {0.70, 0.90}}},
	{cell{"reno", 50, 50000}, [2][2]float64{{0.65, 0.90}, {0.65, 0.85}}},
	{cell{"reno", 200, 0}, [2][2]float64{{0.90, 1.05}, {0.95, 1.15}}},
	{cell{"reno", 200, 1000}, [2][2]float64{{0.90, 1.30}, {0.85, 1.30}}},
	{cell{"reno", 200, 5000}, [2][2]float64{{0.75, 1.15}, {0.65, 0.95}}},
	{cell{"reno", 200, 10000}, [2][2]float64{{0.90, 1.20}, {0.70, 1.05}}},
	{cell{"reno", 200, 30000}, [2][2]float64{{0.80, 1.05}, {0.70, 1.00}}},
	{cell{"reno", 200, 50000}, [2][2]float64{{0.70, 1.20}, {0.70, 1.05}}},
	{cell{"cubic", 10, 0}, [2][2]float64{{0.95, 1.10}, {0.95, 1.10}}},
	{cell{"cubic", 10, 1000}, [2][2]float64{{0.95, 1.10}, {0.95, 1.10}}},
	{cell{"cubic", 10, 5000}, [2][2]float64{{0.95, 1.10}, {0.95, 1.10}}},
	{cell{"cubic", 10, 10000}, [2][2]float64{{1.00, 1.15}, {1.00, 1.20}}},
	{cell{"cubic", 10, 30000}, [2][2]float64{{1.05, 1.25}, {1.05, 1.30}}},
	{cell{"cubic", 10, 50000}, [2][2]float64{{1.00, 1.35}, {1.05, 1.40}}},
	{cell{"cubic", 50, 0}, [2][2]float64{{0.95, 1.10}, {0.95, 1.10}}},
	{cell{"cubic", 50, 1000}, [2][2]float64{{1.00, 1.30}, {1.05, 1.30}}},
	{cell{"cubic", 50, 5000}, [2][2]float64{{1.05, 1.30}, {1.10, 1.40}}},
	{cell{"cubic", 50, 10000}, [2][2]float64{{1.05, 1.30}, {1.10, 1.40}}},
	{cell{"cubic", 50, 30000}, [2][2]float64{{1.00, 1.30}, {1.05, 1.35}}},
	{cell{"cubic", 50, 50000}, [2][2]float64{{1.00, 1.30}, {1.05, 1.35}}},
	{cell{"cubic", 200, 0}, [2][2]float64{{0.85, 1.00}, {1.30, 1.50}}},
	{cell{"cubic", 200, 1000}, [2][2]float64{{1.00, 1.50}, {1.35, 2.80}}},
	{cell{"cubic", 200, 5000}, [2][2]float64{{1.10, 1.70}, {1.10, 1.95}}},
	{cell{"cubic", 200, 10000}, [2][2]float64{{1.15, 1.65}, {1.20, 2.00}}},
	{cell{"cubic", 200, 30000}, [2][2]float64{{1.05, 1.60}, {1.15, 1.50}}},
	{cell{"cubic", 200, 50000}, [2][2]float64{{1.10, 1.90}, {1.20, 1.60}}},
}

// When both ends send at once, data wait in the queues that acknowledgements wait in too, and gVisor puts its probes off as long as
// something arrives. What each gets then hangs on who fills a queue first, and no ratio of the two says anything. What can be said is
// that neither end breaks down: of what it sends alone to the same peer there is left at least this share.
const (
	oursAtOnce   = 0.25
	gvisorAtOnce = 0.1 // its probes are not ours to judge
)
