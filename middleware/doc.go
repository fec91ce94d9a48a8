// Package middleware holds what facegate's own endpoints are wrapped in: small
// func(http.Handler) http.Handler values that need nothing but net/http and are
// useful alone. Those that turn a request away are methods of [Guard], which
// holds how to say no; the others are plain functions.
//
// In a chain the order is PrivateHeaders, Recover, ReadDeadline, Methods,
// NoPrefetch, PlainBody, MaxBody: every refusal, the one after a panic too, then
// carries the private headers, and the server, which reads on after a refusal,
// does so under the deadline.
package middleware
