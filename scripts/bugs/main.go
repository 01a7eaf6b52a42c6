// Command bugs switches on each planted bug, one by one, and runs the test that
// must catch it. A bug that nothing catches, or a test that fails without any
// bug, is exit 1: a proof is worth only what it would notice. Words after the command
// choose the bugs and tests that have one of them in their name.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"einlass/internal/failpoint"
)

// catch is where a bug must be noticed.
type catch struct {
	bug      failpoint.Name
	pkg, run string
}

const (
	core    = "./internal/inventory"
	proofs  = "./internal/store/storetest"
	queue   = "./internal/committer"
	mailing = "./internal/outbox"
	pages   = "./internal/web"
	room    = "./internal/waitingroom"
	whole   = "./internal/app"
	crowd   = "./internal/rehearsal"
	lots    = "./internal/draw"
	rules   = "./internal/setup"
	after   = "./internal/report"
	wishes  = "./internal/booking"
	opening = "./internal/onsale"
)

var catches = []catch{
	{failpoint.BugOversell, core, "TestRandomHistories"},
	{failpoint.BugDoubleFree, core, "TestEverybodyCancels"},
	{failpoint.BugLostFree, core, "TestEverybodyCancels"},
	{failpoint.BugHalfLine, core, "TestRandomHistories"},
	{failpoint.BugHalfLink, core, "TestRandomHistories"},
	{failpoint.BugPassReturns, core, "TestPassIsSpentOnce"},
	{failpoint.BugSwapLeak, core, "TestRebookingNetsSharedPools"},
	{failpoint.BugOverResold, core, "TestRandomHistories"},
	{failpoint.BugMoveMints, core, "TestRandomHistories"},
	{failpoint.BugConfirmLate, core, "TestRandomHistories"},
	{failpoint.BugKeyContent, core, "TestKeysRepeat"},
	{failpoint.BugEarly, core, "TestWindowIsJudgedByArrival"},
	{failpoint.BugMutatesState, core, "TestBatchEqualsOneByOne"},
	{failpoint.BugSyncOff, proofs, "TestPowerCuts"},
	{failpoint.BugOutboxMissing, proofs, "TestPowerCuts"},
	{failpoint.BugAnswerEarly, proofs, "TestPowerCuts"},
	{failpoint.BugForgetsKeys, proofs, "TestPowerCuts"},
	{failpoint.BugPoisonsBatch, proofs, "TestPoison"},
	{failpoint.BugSharesStarve, queue, "TestSharesTakeTurns"},
	{failpoint.BugLinesStarve, pages, "TestSalesTakeTurns"},
	{failpoint.BugFlagAfterBatch, mailing, "."},
	{failpoint.BugGivesUp451, mailing, "."},
	{failpoint.BugSyncOff, proofs, "TestPowerCutsWhileQueueing"},
	{failpoint.BugReshuffles, proofs, "TestPowerCutsWhileQueueing"},
	{failpoint.BugForgetsCalls, proofs, "TestPowerCutsWhileQueueing"},
	{failpoint.BugClaimsIgnored, room, "TestOnePersonOneNumber"},
	{failpoint.BugGroupsShare, room, "TestNoGroupSlowsTheOthers"},
	{failpoint.BugGroupOrder, room, "TestRandomGroups"},
	{failpoint.BugGroupsTwice, room, "TestRandomGroups"},
	{failpoint.BugGroupIgnored, pages, "TestANumberIsGoodForWhatWasTicked"},
	{failpoint.BugGroupIgnored, pages, "TestAClerkAsksWhatSuits"},
	{failpoint.BugMailsForReal, whole, "TestARehearsalTouchesNothingReal"},
	{failpoint.BugComesUnasked, crowd, "TestACrowdComesOnlyWhereItIsGranted"},
	{failpoint.BugRudeObeys, crowd, "TestRudePeople"},
	{failpoint.BugShowUpIgnored, room, "TestGhostsStallNobody"},
	{failpoint.BugCohortsStayYoung, room, "TestGhostsStallNobody"},
	{failpoint.BugUnitsAsPeople, room, "TestPartiesCountAsManyAsTheyAre"},
	{failpoint.BugGapBursts, room, "TestClockAndGapsBringNoBurst"},
	{failpoint.BugForecastSure, room, "TestCrowds"},
	{failpoint.BugRangeNarrow, room, "TestCrowds"},
	{failpoint.BugLagCounts, room, "TestOurOwnLineIsNobodysFault"},
	{failpoint.BugPaceFixed, room, "TestPaceKeepsTheBudget"},
	{failpoint.BugPaceBlind, room, "TestPollsFollowWhatIsAnswered"},
	{failpoint.BugNewcomersUnlike, room, "TestNewcomersHearWhatTheNextOneMayExpect"},
	{failpoint.BugToldUnseen, room, "TestNothingIsToldWhileNobodyComes"},
	{failpoint.BugBiasedDraw, lots, "TestEveryOrderIsAsLikely"},
	{failpoint.BugRotatedDraw, lots, "TestEveryOrderIsAsLikely"},
	{failpoint.BugDrawsAtOnce, room, "TestBeaconIsBroughtBetweenFreezeAndDraw"},
	{failpoint.BugRulesThaw, rules, "TestRulesAreFrozenWhileTheRoomIsOpen"},
	{failpoint.BugOtherSeed, pages, "TestADrawIsProvedOverHTTP"},
	{failpoint.BugHeadUnsigned, lots, "TestBothVerifiersAgree"},
	{failpoint.BugRemindsAgain, pages, "TestWhoAskedIsToldOnce"},
	{failpoint.BugRemindsAgain, proofs, "TestPowerCutsWhileTelling"},
	{failpoint.BugTransferProof, room, "TestTransferCodesCannotBeMadeUp"},
	{failpoint.BugSmallAlone, after, "TestSmallCountsCannotBeWorkedOut"},
	{failpoint.BugNamesakeUnasked, wishes, "TestNobodyGetsTwoWithoutAGrant"},
	{failpoint.BugOneHatTwice, opening, "TestTwoRolesAcknowledge"},
	{failpoint.BugNetworkUncapped, room, "TestOneNetworkIsNotTheCrowd"},

	// What a waiting room promises: docs/promises.md.
	{failpoint.BugConfirmLate, core, "TestConfirmIsJudgedByArrivalAndBeatsExpire"},
	{failpoint.BugExpireEarly, core, "TestConfirmIsJudgedByArrivalAndBeatsExpire"},
	{failpoint.BugOutageForgotten, whole, "TestOpenCartsGetTheTimeBackThatWeWereAway"},
	{failpoint.BugJumpIgnored, whole, "TestTheClockIsSetDuringAQueue"},
	{failpoint.BugPauseCalls, pages, "TestNoLeverMakesANumberWorse"},
	{failpoint.BugReshuffles, pages, "TestNoLeverMakesANumberWorse"},
	{failpoint.BugPassUnspent, pages, "TestOnePassOneCart"},
	{failpoint.BugPassUnspent, pages, "TestAClerkBooksWithACalledNumber"},
	{failpoint.BugPassUnsigned, pages, "TestOnlyItsOwnPassOpens"},
	{failpoint.BugPassAnySale, pages, "TestOnlyItsOwnPassOpens"},
	{failpoint.BugPassForEver, pages, "TestOnlyItsOwnPassOpens"},
	{failpoint.BugPassAnyGate, pages, "TestEarlySessionsDoNotPass"},
	{failpoint.BugPassNotAsked, pages, "TestEveryWritingRouteRefusesWithoutAPass"},
	{failpoint.BugPassNotAsked, pages, "TestABotGainsNothing"},
	{failpoint.BugStaffWait, pages, "TestClerksWaitForNoTurn"},
	{failpoint.BugFinishBusy, queue, "TestOpenCartsAreNeverBusy"},
	{failpoint.BugFinishWaits, pages, "TestCartsAreFinishedInAStorm"},
	{failpoint.BugActsStarve, queue, "TestRoomsTakeTurns"},
	{failpoint.BugLinkChanges, pages, "TestFollowingLinksChangesNothing"},
	{failpoint.BugClientClock, pages, "TestOnlyTheServersClockOpens"},
	{failpoint.BugEarly, pages, "TestOnlyTheServersClockOpens"},
	{failpoint.BugPeoplePlain, pages, "TestRulesAreTheServers"},
	{failpoint.BugComeTogether, pages, "TestRatedPaceSoonAfterAnOutage"},
	{failpoint.BugAllStand, pages, "TestWhoseTurnIsFarHearsItSoon"},
	{failpoint.BugGoneAreServed, pages, "TestWhoHasGoneIsPassedOver"},
	{failpoint.BugGoneAreServed, whole, "TestWhoLeavesAHalfFormGetsNoPage"},
	{failpoint.BugDoorUncounted, whole, "TestSlowAttacksStopNobody"},
	{failpoint.BugPipelined, whole, "TestPipelinedRequestsTakeTurns"},
	{failpoint.BugShowUpIgnored, pages, "TestGhostsOverHTTP"},
	{failpoint.BugLetterIgnored, pages, "TestFiftyBrowsersWithOneLetter"},
	{failpoint.BugCartsUncounted, pages, "TestHoldsOfAScriptEnd"},
	{failpoint.BugLostFree, pages, "TestHoldsOfAScriptEnd"},
	{failpoint.BugClaimsIgnored, room, "TestBotsGetNoMoreThanPeople"},
	{failpoint.BugClaimsIgnored, pages, "TestABotGainsNothing"},
	{failpoint.BugGeoblock, pages, "TestWhoMayBookBooksFromAnywhere"},
}

func main() {
	tried, uncaught, only := 0, 0, os.Args[1:]
	for _, c := range catches {
		if !chosen(c, only) {
			continue
		}
		tried++
		out, passed := run(c.pkg, c.run, failpoint.Env+"="+string(c.bug)+"=on")
		if !passed && !strings.Contains(out, "FAIL") { // not even run
			fmt.Println(out)
		}
		verdict := "caught by"
		if passed {
			verdict, uncaught = "NOT CAUGHT by", uncaught+1
		}
		fmt.Printf("%-34s %s %s %s\n", c.bug, verdict, c.pkg, c.run)
	}
	if len(only) == 0 {
		uncaught += failing()
	}
	fmt.Printf("%d bugs, %d uncaught\n", tried, uncaught)
	if uncaught > 0 || tried == 0 {
		os.Exit(1)
	}
}

// failing is how many packages fail without any bug: what they catch would prove nothing.
func failing() (n int) {
	tried := map[string]bool{}
	for _, c := range catches {
		if tried[c.pkg] {
			continue
		}
		tried[c.pkg] = true
		if out, passed := run(c.pkg, ".", ""); !passed {
			fmt.Printf("%s fails without any bug:\n%s\n", c.pkg, out)
			n++
		}
	}
	return n
}

// chosen reports whether a bug or its test has one of the words in its name; without
// words, every one is.
func chosen(c catch, words []string) bool {
	return len(words) == 0 || slices.ContainsFunc(words, func(w string) bool {
		return strings.Contains(string(c.bug), w) || strings.Contains(c.run, w)
	})
}

// run runs tests with the bug switched on: what they printed, and whether they passed.
func run(pkg, tests, env string) (out string, passed bool) {
	cmd := exec.Command("go", "test", "-tags", "failpoints", "-short", "-count=1", "-run", tests, pkg)
	cmd.Env = append(os.Environ(), strings.Fields(env)...)
	text, err := cmd.CombinedOutput()
	return string(text), err == nil
}
