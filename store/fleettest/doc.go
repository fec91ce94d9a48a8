// Package fleettest runs fleets of real processes on real engines and lets them
// die. All of it is tests; README.md says what they prove.
package fleettest
