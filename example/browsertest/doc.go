// Package browsertest drives the example in a real browser: what cookies a browser
// sends back after a visit to another site, and what a page does with and without
// scripts, only a browser can tell. It is a module of its own, so that its
// dependencies reach nobody who uses facegate.
//
// The tests look for Chromium in PATH. Without one they are skipped, unless CI is
// set to true: then they fail. With FACEGATE_SCREENSHOTS=DIR they write a picture
// of each page there, as wide as a phone and as a desktop.
package browsertest
