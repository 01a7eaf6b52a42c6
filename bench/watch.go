package main

import "time"

// watch says how much of the machine others used while a house and its crowd were at
// work.
type watch struct {
	begun                time.Time
	machine, own, server time.Duration
	others               time.Duration // of generators that have ended
}

func (c *child) watch() (*watch, error) {
	server, err := c.cpu()
	return &watch{begun: time.Now(), machine: machineCPU(), own: ownCPU(), server: server}, err
}

// foreign is the share of the machine.
func (w *watch) foreign(c *child) (float64, error) {
	server, err := c.cpu()
	busy := machineCPU() - w.machine - (ownCPU() - w.own) - (server - w.server) - w.others
	return max(0, busy.Seconds()) / (time.Since(w.begun).Seconds() * float64(cpuCount())), err
}

// brief is what a part of the crowd is told of the house.
func (h *roomHouse) brief(from uint32, part func(*loadBrief)) *loadBrief {
	b := &loadBrief{Addr: h.addr, Path: h.path, Slots: h.queue.Slots, Queue: h.queue, From: from}
	part(b)
	return b
}
