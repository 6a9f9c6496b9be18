// Package kubernetes holds the test of the YAML files beside it, in a module of its own:
// Kubernetes' types bring twenty modules along, which nothing else here needs.
package kubernetes
