package baidu

import (
	"errors"
	"net/netip"
	"syscall"
)

// errAddress means that a name led to an address that must not be asked.
var errAddress = errors.New("baidu: not a public address")

// allowDial returns the control function of a dialer: it runs on the very address
// that is about to be dialled, so a name that resolves differently the second
// time gains nothing.
func allowDial(loopback bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		target, err := netip.ParseAddrPort(address)
		if err != nil || !(public(target.Addr()) || (loopback && target.Addr().Unmap().IsLoopback())) {
			return errAddress
		}
		return nil
	}
}

// reserved are the ranges that lead elsewhere than to a host of the public
// internet, beside those that netip knows.
func reserved() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),       // this network
		netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT, some clouds' metadata
		netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
		netip.MustParsePrefix("192.0.2.0/24"),    // documentation
		netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
		netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
		netip.MustParsePrefix("198.51.100.0/24"), // documentation
		netip.MustParsePrefix("203.0.113.0/24"),  // documentation
		netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
		netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo
		netip.MustParsePrefix("2001:db8::/32"),   // documentation
		netip.MustParsePrefix("2002::/16"),       // 6to4 of any IPv4 address
		netip.MustParsePrefix("3fff::/20"),       // documentation
	}
}

// public reports whether a is the address of a host on the public internet. Of
// IPv6 only 2000::/3 is given out to such hosts; around it lie the many spellings
// of IPv4 addresses, NAT64 among them.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	if a.Is6() && !netip.MustParsePrefix("2000::/3").Contains(a) {
		return false
	}
	for _, prefix := range reserved() {
		if prefix.Contains(a) {
			return false
		}
	}
	return true
}
