package megvii

// Region is a named address of Megvii's API. An account belongs to one of them;
// for any other address set BaseURL.
type Region string

// The regions.
const (
	// China is api.megvii.com. Every Chinese page names it.
	China Region = "china"
	// Indonesia is api-idn.megvii.com, the one address that today's international
	// Lite pages name.
	Indonesia Region = "indonesia"
	// Singapore is api-sgp.megvii.com. The vendor names it for its App and Raw
	// products; for Lite it was only seen in client code. Ask the vendor before
	// relying on it.
	Singapore Region = "singapore"
)

// BaseURL is the region's address without a trailing slash; empty for a region
// that this version does not know.
func (r Region) BaseURL() string {
	switch r {
	case China:
		return "https://api.megvii.com"
	case Indonesia:
		return "https://api-idn.megvii.com"
	case Singapore:
		return "https://api-sgp.megvii.com"
	default:
		return ""
	}
}

// international reports whether the region serves the edition that knows the
// parameter language.
func (r Region) international() bool { return r == Indonesia || r == Singapore }

// callablePorts are the only ports at which Megvii's server calls a notify_url.
// Plain http on 80 is not among them.
func callablePorts() []int { return []int{443, 5000, 16003, 8883, 8028} }
