package handlers

import (
	"net/http"
	"time"
)

// The operator's handlers are not part of [Kit.Handler]: mount them where operators
// and load balancers alone reach them. They name accounts and settings, though no
// secret and no person.

// HealthHandler answers GET and HEAD with [Kit.Health] as JSON: 200, or 503 when the
// status is HealthDown. A load balancer that listens to it takes a process out whose
// store does not answer, and leaves one alone whose only trouble is a dead letter.
func (k *Kit) HealthHandler() http.Handler {
	return k.operator(func(w http.ResponseWriter, r *http.Request) {
		h := k.Health(r.Context())
		status := http.StatusOK
		if h.Status == HealthDown {
			status = http.StatusServiceUnavailable
		}
		writeJSON(w, status, "application/json", h.answer())
	})
}

// DoctorHandler answers GET and HEAD with [Kit.Doctor] as JSON: 200, or 503 when a
// check is at LevelError. Every request calls the vendors, so it is no health check.
func (k *Kit) DoctorHandler() http.Handler {
	return k.operator(func(w http.ResponseWriter, r *http.Request) {
		d := k.Doctor(r.Context())
		answer := doctorAnswer{Worst: d.Worst(), Checks: make([]checkAnswer, len(d.Checks))}
		for i, c := range d.Checks {
			answer.Checks[i] = checkAnswer(c)
		}
		status := http.StatusOK
		if answer.Worst == LevelError {
			status = http.StatusServiceUnavailable
		}
		writeJSON(w, status, "application/json", answer)
	})
}

// operator wraps an operator's handler.
func (k *Kit) operator(serve http.HandlerFunc) http.Handler {
	guard := k.refusals("")
	return k.protection("").Append(guard.Methods(http.MethodGet, http.MethodHead), guard.NoPrefetch).Then(serve)
}

// healthAnswer is [Health] on the wire.
type healthAnswer struct {
	Status      HealthStatus         `json:"status"`
	Store       storeHealthAnswer    `json:"store"`
	Vendors     []vendorHealthAnswer `json:"vendors"`
	OldestDue   time.Time            `json:"oldest_due,omitzero"`
	LagSeconds  float64              `json:"lag_seconds"`
	DeadLetters int                  `json:"dead_letters"`
}

type storeHealthAnswer struct {
	OK           bool    `json:"ok"`
	Code         Code    `json:"code,omitzero"`
	RoundTripSec float64 `json:"round_trip_seconds,omitzero"`
}

type vendorHealthAnswer struct {
	Name         string    `json:"name"`
	OK           bool      `json:"ok"`
	Code         Code      `json:"code,omitzero"`
	TokenExpires time.Time `json:"token_expires,omitzero"`
}

func (h Health) answer() healthAnswer {
	answer := healthAnswer{
		Status: h.Status, OldestDue: h.OldestDue, LagSeconds: h.Lag.Seconds(), DeadLetters: h.DeadLetters,
		Store:   storeHealthAnswer{OK: h.Store.Err == nil, Code: CodeOf(h.Store.Err), RoundTripSec: h.Store.RoundTrip.Seconds()},
		Vendors: make([]vendorHealthAnswer, len(h.Vendors)),
	}
	for i, v := range h.Vendors {
		answer.Vendors[i] = vendorHealthAnswer{v.Name, v.Err == nil, CodeOf(v.Err), v.TokenExpires}
	}
	return answer
}

// doctorAnswer is [Diagnosis] on the wire.
type doctorAnswer struct {
	Worst  Level         `json:"worst"`
	Checks []checkAnswer `json:"checks"`
}

type checkAnswer struct {
	Name   string `json:"name"`
	Vendor string `json:"vendor,omitzero"`
	Level  Level  `json:"level"`
	Says   string `json:"says"`
}
