package h248

// token is a keyword of the text encoding; tokNone is a word that is none.
type token uint8

const (
	tokNone token = iota
	tokAdd
	tokAudit
	tokAuditCap
	tokAuditValue
	tokAuth
	tokBothway
	tokBrief
	tokBuffer
	tokContext
	tokContextAttr
	tokContextAudit
	tokDelay
	tokDigitMap
	tokDirection
	tokDisconnected
	tokDuration
	tokEmbed
	tokEmergency
	tokEmergencyOff
	tokError
	tokEventBuffer
	tokEvents
	tokExternal
	tokFailover
	tokForced
	tokGraceful
	tokHandOff
	tokImmAck
	tokInSvc
	tokInactive
	tokInternal
	tokInterruptByEvent
	tokInterruptByNew
	tokIsolate
	tokIteration
	tokIEPS
	tokKeepActive
	tokLocal
	tokLocalControl
	tokLockStep
	tokLoopback
	tokMedia
	tokMegaco
	tokMethod
	tokMgcID
	tokMode
	tokModify
	tokModem
	tokMove
	tokMux
	tokNotify
	tokNotifyCompletion
	tokObservedEvents
	tokOff
	tokOn
	tokOneway
	tokOnOff
	tokOtherReason
	tokOutOfSvc
	tokPackages
	tokPending
	tokPriority
	tokProfile
	tokReason
	tokReceiveOnly
	tokRemote
	tokReply
	tokRequestID
	tokReservedGroup
	tokReservedValue
	tokResponseAck
	tokRestart
	tokSegment
	tokSendOnly
	tokSendReceive
	tokServiceChange
	tokServiceChangeAddress
	tokServiceStates
	tokServices
	tokSignalList
	tokSignalType
	tokSignals
	tokStatistics
	tokStream
	tokSubtract
	tokTerminationState
	tokTest
	tokTimeOut
	tokTopology
	tokTransaction
	tokVersion
	numTokens
)

// tokenText holds the long and the short spelling of each keyword (H.248.1 Annex B.2, tokens).
var tokenText = [numTokens][2]string{
	tokAdd:                  {"Add", "A"},
	tokAudit:                {"Audit", "AT"},
	tokAuditCap:             {"AuditCapability", "AC"},
	tokAuditValue:           {"AuditValue", "AV"},
	tokAuth:                 {"Authentication", "AU"},
	tokBothway:              {"Bothway", "BW"},
	tokBrief:                {"Brief", "BR"},
	tokBuffer:               {"Buffer", "BF"},
	tokContext:              {"Context", "C"},
	tokContextAttr:          {"ContextAttr", "CT"},
	tokContextAudit:         {"ContextAudit", "CA"},
	tokDelay:                {"Delay", "DL"},
	tokDigitMap:             {"DigitMap", "DM"},
	tokDirection:            {"Direction", "DI"},
	tokDisconnected:         {"Disconnected", "DC"},
	tokDuration:             {"Duration", "DR"},
	tokEmbed:                {"Embed", "EM"},
	tokEmergency:            {"Emergency", "EG"},
	tokEmergencyOff:         {"EmergencyOff", "EGO"},
	tokError:                {"Error", "ER"},
	tokEventBuffer:          {"EventBuffer", "EB"},
	tokEvents:               {"Events", "E"},
	tokExternal:             {"External", "EX"},
	tokFailover:             {"Failover", "FL"},
	tokForced:               {"Forced", "FO"},
	tokGraceful:             {"Graceful", "GR"},
	tokHandOff:              {"HandOff", "HO"},
	tokImmAck:               {"ImmAckRequired", "IA"},
	tokInSvc:                {"InService", "IV"},
	tokInactive:             {"Inactive", "IN"},
	tokInternal:             {"Internal", "IT"},
	tokInterruptByEvent:     {"IntByEvent", "IBE"},
	tokInterruptByNew:       {"IntBySigDescr", "IBS"},
	tokIsolate:              {"Isolate", "IS"},
	tokIteration:            {"Iteration", "IR"},
	tokIEPS:                 {"IEPSCall", "IEPS"},
	tokKeepActive:           {"KeepActive", "KA"},
	tokLocal:                {"Local", "L"},
	tokLocalControl:         {"LocalControl", "O"},
	tokLockStep:             {"LockStep", "SP"},
	tokLoopback:             {"Loopback", "LB"},
	tokMedia:                {"Media", "M"},
	tokMegaco:               {"MEGACO", "!"},
	tokMethod:               {"Method", "MT"},
	tokMgcID:                {"MgcIdToTry", "MG"},
	tokMode:                 {"Mode", "MO"},
	tokModify:               {"Modify", "MF"},
	tokModem:                {"Modem", "MD"},
	tokMove:                 {"Move", "MV"},
	tokMux:                  {"Mux", "MX"},
	tokNotify:               {"Notify", "N"},
	tokNotifyCompletion:     {"NotifyCompletion", "NC"},
	tokObservedEvents:       {"ObservedEvents", "OE"},
	tokOff:                  {"OFF", "OFF"},
	tokOn:                   {"ON", "ON"},
	tokOneway:               {"Oneway", "OW"},
	tokOnOff:                {"OnOff", "OO"},
	tokOtherReason:          {"OtherReason", "OR"},
	tokOutOfSvc:             {"OutOfService", "OS"},
	tokPackages:             {"Packages", "PG"},
	tokPending:              {"Pending", "PN"},
	tokPriority:             {"Priority", "PR"},
	tokProfile:              {"Profile", "PF"},
	tokReason:               {"Reason", "RE"},
	tokReceiveOnly:          {"ReceiveOnly", "RC"},
	tokRemote:               {"Remote", "R"},
	tokReply:                {"Reply", "P"},
	tokRequestID:            {"RequestID", "RQ"},
	tokReservedGroup:        {"ReservedGroup", "RG"},
	tokReservedValue:        {"ReservedValue", "RV"},
	tokResponseAck:          {"TransactionResponseAck", "K"},
	tokRestart:              {"Restart", "RS"},
	tokSegment:              {"Segment", "SM"},
	tokSendOnly:             {"SendOnly", "SO"},
	tokSendReceive:          {"SendReceive", "SR"},
	tokServiceChange:        {"ServiceChange", "SC"},
	tokServiceChangeAddress: {"ServiceChangeAddress", "AD"},
	tokServiceStates:        {"ServiceStates", "SI"},
	tokServices:             {"Services", "SV"},
	tokSignalList:           {"SignalList", "SL"},
	tokSignalType:           {"SignalType", "SY"},
	tokSignals:              {"Signals", "SG"},
	tokStatistics:           {"Statistics", "SA"},
	tokStream:               {"Stream", "ST"},
	tokSubtract:             {"Subtract", "S"},
	tokTerminationState:     {"TerminationState", "TS"},
	tokTest:                 {"Test", "TE"},
	tokTimeOut:              {"TimeOut", "TO"},
	tokTopology:             {"Topology", "TP"},
	tokTransaction:          {"Transaction", "T"},
	tokVersion:              {"Version", "V"},
}

// A small hash table of both spellings; the parser asks it for every word.
type tokenEntry struct {
	text string
	tok  token
	next int16 // index into tokenEntries, or -1
}

var (
	tokenEntries []tokenEntry
	tokenBuckets [512]int16
)

func init() {
	for i := range tokenBuckets {
		tokenBuckets[i] = -1
	}
	for t := tokNone + 1; t < numTokens; t++ {
		for i, s := range tokenText[t] {
			if i == 1 && s == tokenText[t][0] {
				continue
			}
			h := tokenHash(s)
			tokenEntries = append(tokenEntries, tokenEntry{s, t, tokenBuckets[h]})
			tokenBuckets[h] = int16(len(tokenEntries) - 1)
		}
	}
}

func tokenHash(s string) int {
	n := len(s)
	h := n*37 + int(s[0]|0x20)*7 + int(s[n-1]|0x20)*31 + int(s[n/2]|0x20)*5
	return h & (len(tokenBuckets) - 1)
}

// lookup finds the keyword that s spells, in any case; s is not empty.
func lookup(s string) token {
	for i := tokenBuckets[tokenHash(s)]; i >= 0; i = tokenEntries[i].next {
		if e := &tokenEntries[i]; equalFold(e.text, s) {
			return e.tok
		}
	}
	return tokNone
}

// equalFold compares two ASCII words without regard to case.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
