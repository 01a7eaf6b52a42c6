// Package failpoint is how tests reach into the running program: places where it
// can be delayed, killed, made to fail or made wrong on purpose.
//
// It exists only in builds with the tag "failpoints"; in every other build the
// functions are empty and the compiler removes the calls. Names are typed
// constants, so that a misspelt one does not compile, and every hit is counted,
// so that a test can refuse a run in which its fault never happened.
package failpoint

// Name names one failpoint or planted bug.
type Name string

// The places where the program can be stopped, slowed or made to fail.
const (
	StoreBeforeCommit Name = "store.before-commit" // inside the write transaction
	StoreAfterCommit  Name = "store.after-commit"  // durable, nobody has been told
	CommitterAnswer   Name = "committer.answer"    // between two answers of a batch
	OutboxAfterSend   Name = "outbox.after-send"   // the relay said yes, the row does not know
)

// The planted bugs. Each is caught by at least one test: see `make bugs`.
const (
	BugOversell       Name = "bug.inventory.oversell"        // a pool gives one unit too many
	BugDoubleFree     Name = "bug.inventory.double-free"     // a cancelled booking can be cancelled again
	BugLostFree       Name = "bug.inventory.lost-free"       // expiry frees nothing
	BugHalfLine       Name = "bug.inventory.half-line"       // a refused line keeps what it had drawn
	BugHalfLink       Name = "bug.inventory.half-link"       // linked lines are granted one by one
	BugPassReturns    Name = "bug.inventory.pass-returns"    // a pass can be spent again after release
	BugSwapLeak       Name = "bug.inventory.swap-leak"       // rebooking keeps the old place as well
	BugOverResold     Name = "bug.inventory.over-resold"     // a release is resold while the pool is over
	BugMoveMints      Name = "bug.inventory.move-mints"      // Move adds capacity without taking it
	BugConfirmLate    Name = "bug.inventory.confirm-late"    // a hold can be confirmed after its time
	BugKeyContent     Name = "bug.inventory.key-content"     // the same key with another content is answered
	BugEarly          Name = "bug.inventory.early"           // a hold is granted a millisecond too early
	BugMutatesState   Name = "bug.inventory.mutates-state"   // Decide changes what it was given
	BugSyncOff        Name = "bug.store.sync-off"            // SQLite runs with synchronous=OFF
	BugOutboxMissing  Name = "bug.store.outbox-missing"      // every 50th outbox row is not saved
	BugAnswerEarly    Name = "bug.committer.answer-early"    // answers before the commit
	BugForgetsKeys    Name = "bug.committer.forgets-keys"    // stored keys are not looked up
	BugPoisonsBatch   Name = "bug.committer.poisons-batch"   // one bad command fails its batch
	BugSharesStarve   Name = "bug.committer.shares-starve"   // one sale's storm delays another sale
	BugLinesStarve    Name = "bug.web.lines-starve"          // one sale's storm stands before another's people
	BugFlagAfterBatch Name = "bug.outbox.flag-after-batch"   // sent mails are marked only after the batch
	BugGivesUp451     Name = "bug.outbox.gives-up-temporary" // a temporary refusal parks the message
	BugReshuffles     Name = "bug.room.reshuffles"           // a restart draws anew
	BugForgetsCalls   Name = "bug.store.forgets-calls"       // who was called is not saved
	BugClaimsIgnored  Name = "bug.room.claims-ignored"       // one person gets several numbers
	BugMailsForReal   Name = "bug.app.mails-for-real"        // a rehearsal's mails go to the real relay
	BugComesUnasked   Name = "bug.rehearsal.comes-unasked"   // a crowd comes without a grant
	BugRudeObeys      Name = "bug.rehearsal.rude-obeys"      // rude people wait when they are told to

	BugShowUpIgnored    Name = "bug.room.show-up-ignored"    // whoever was called is believed to come
	BugCohortsStayYoung Name = "bug.room.cohorts-stay-young" // who has not come for minutes counts like new
	BugUnitsAsPeople    Name = "bug.room.units-as-people"    // a party of four counts as one
	BugGapBursts        Name = "bug.room.gap-bursts"         // a pause or a set clock is made up for at once
	BugForecastSure     Name = "bug.room.forecast-sure"      // the forecast forgets how little was measured
	BugRangeNarrow      Name = "bug.room.range-narrow"       // the range of time forgets that the pace will change
	BugLagCounts        Name = "bug.room.lag-counts"         // whoever stands in our own line counts as staying away
	BugPaceFixed        Name = "bug.room.pace-fixed"         // a larger crowd is not asked to come less often
	BugPaceBlind        Name = "bug.room.pace-blind"         // a slow machine is asked as often as a fast one
	BugNewcomersUnlike  Name = "bug.room.newcomers-unlike"   // whoever has just drawn a number hears that it is hopeless
	BugToldUnseen       Name = "bug.room.told-unseen"        // forecasts are told although nobody has come
	BugBiasedDraw       Name = "bug.draw.biased"             // the draw looks at one byte of a hash only
	BugRotatedDraw      Name = "bug.draw.rotated"            // the draw only turns the log around
	BugDrawsAtOnce      Name = "bug.room.draws-at-once"      // the draw does not wait for its beacon
	BugOtherSeed        Name = "bug.onsale.other-seed"       // another seed is published than was drawn with
	BugRulesThaw        Name = "bug.setup.rules-thaw"        // rules can be changed while people hold numbers
	BugHeadUnsigned     Name = "bug.draw.head-unsigned"      // the check believes every head
	BugRemindsAgain     Name = "bug.room.reminds-again"      // a restart forgets who was told that their turn is near
	BugGroupIgnored     Name = "bug.booking.group-ignored"   // a number leads to the places of every group
	BugGroupsShare      Name = "bug.room.groups-share"       // what one group leaves of the machine is lost
	BugGroupOrder       Name = "bug.room.group-order"        // a number belongs to the last group that reached it
	BugGroupsTwice      Name = "bug.room.groups-twice"       // whoever several groups suit is called by each of them
	BugTransferProof    Name = "bug.room.transfer-proof"     // a made-up transfer code opens a number
	BugSmallAlone       Name = "bug.report.small-alone"      // small counts are hidden, what tells them is not
	BugNetworkUncapped  Name = "bug.room.network-uncapped"   // one network draws as many numbers as it likes
	BugNamesakeUnasked  Name = "bug.booking.namesake-free"   // whoever is refused as the same person is taken for a namesake
	BugOneHatTwice      Name = "bug.onsale.one-hat-twice"    // one person acknowledges in both roles

	BugPassUnsigned    Name = "bug.room.pass-unsigned"     // a pass that nobody signed is taken
	BugPassAnySale     Name = "bug.room.pass-any-sale"     // a pass of one sale is good for every sale
	BugPassAnyGate     Name = "bug.room.pass-any-gate"     // a pass from before there was a room is good
	BugPassForEver     Name = "bug.room.pass-for-ever"     // a pass that is over is good
	BugPassUnspent     Name = "bug.booking.pass-unspent"   // a hold does not spend its pass
	BugPassNotAsked    Name = "bug.web.pass-not-asked"     // whoever has no pass is given one
	BugClientClock     Name = "bug.web.client-clock"       // the browser's clock is believed
	BugLinkChanges     Name = "bug.web.link-changes"       // following a mail's link gives the place back
	BugComeTogether    Name = "bug.web.come-together"      // all who were refused come back together
	BugAllStand        Name = "bug.web.all-stand"          // whoever comes stands in line, however long it is
	BugGoneAreServed   Name = "bug.web.gone-are-served"    // those who have left are worked on
	BugCartsUncounted  Name = "bug.web.carts-uncounted"    // one address may have all carts
	BugGeoblock        Name = "bug.web.geoblock"           // whoever comes from abroad is refused
	BugStaffWait       Name = "bug.web.staff-wait"         // clerks wait for a turn behind the public
	BugFinishWaits     Name = "bug.web.finish-waits"       // who has a cart waits behind those who want one
	BugPeoplePlain     Name = "bug.web.people-plain"       // what a browser says of its person is believed unsealed
	BugLetterIgnored   Name = "bug.web.letter-ignored"     // a letter opens a number in its first browser only
	BugPauseCalls      Name = "bug.onsale.pause-calls"     // a pause goes on calling
	BugExpireEarly     Name = "bug.inventory.expire-early" // a hold ends at the shown time, without grace
	BugOutageForgotten Name = "bug.app.outage-forgotten"   // carts do not get back the time we were away
	BugJumpIgnored     Name = "bug.app.jump-ignored"       // a clock that jumps ends holds
	BugDoorUncounted   Name = "bug.app.door-uncounted"     // one address may have every connection
	BugPipelined       Name = "bug.app.pipelined"          // requests sent before an answer are worked for like others
	BugFinishBusy      Name = "bug.committer.finish-busy"  // who has a cart waits in line with everybody
	BugActsStarve      Name = "bug.committer.acts-starve"  // one sale's joins stand before another's
)

// All lists every name, for `make bugs` and for reading the configuration.
var All = []Name{
	StoreBeforeCommit, StoreAfterCommit, CommitterAnswer, OutboxAfterSend,
	BugOversell, BugDoubleFree, BugLostFree, BugHalfLine, BugHalfLink, BugPassReturns, BugSwapLeak,
	BugOverResold, BugMoveMints, BugConfirmLate, BugKeyContent, BugEarly, BugMutatesState,
	BugSyncOff, BugOutboxMissing, BugAnswerEarly, BugForgetsKeys, BugPoisonsBatch, BugSharesStarve,
	BugLinesStarve, BugFlagAfterBatch, BugGivesUp451, BugClaimsIgnored, BugReshuffles, BugForgetsCalls,
	BugMailsForReal, BugComesUnasked, BugRudeObeys,
	BugShowUpIgnored, BugCohortsStayYoung, BugUnitsAsPeople, BugGapBursts, BugForecastSure, BugRangeNarrow, BugPaceFixed, BugPaceBlind, BugToldUnseen, BugNewcomersUnlike, BugLagCounts,
	BugBiasedDraw, BugRotatedDraw, BugHeadUnsigned,
	BugTransferProof, BugRemindsAgain, BugGroupIgnored, BugGroupOrder, BugGroupsShare, BugGroupsTwice,
	BugDrawsAtOnce, BugOtherSeed, BugRulesThaw,
	BugSmallAlone,
	BugNetworkUncapped, BugNamesakeUnasked, BugOneHatTwice,
	BugPassUnsigned, BugPassAnySale, BugPassAnyGate, BugPassForEver, BugPassUnspent, BugPassNotAsked,
	BugClientClock, BugLinkChanges, BugComeTogether, BugAllStand, BugGoneAreServed, BugCartsUncounted, BugGeoblock, BugStaffWait,
	BugFinishWaits, BugPeoplePlain, BugLetterIgnored,
	BugPauseCalls, BugExpireEarly, BugOutageForgotten, BugJumpIgnored, BugDoorUncounted, BugPipelined,
	BugFinishBusy, BugActsStarve,
}
