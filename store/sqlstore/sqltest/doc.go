// Package sqltest runs sqlstore against real servers. It is a module of its own
// so that the drivers do not reach those who use sqlstore with others.
package sqltest
