// Package fleettest runs fleets of real processes on real engines and lets them die.
package fleettest
