// Package facegate is an embeddable kit for net/http apps that send a person to
// a hosted face check and must learn, safely and exactly once, how it ended.
package facegate
