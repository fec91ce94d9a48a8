module github.com/facegate/facegate/store/fleettest

go 1.26.0

replace github.com/facegate/facegate => ../..
