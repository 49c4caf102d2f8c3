/*
 * e911: words of addresses, as data
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>
#include "postal.h"

typedef struct pair
{
	const char *word;
	const char *is;
} pair_t;

typedef struct value
{
	const char *word;
	int is;
} value_t;

/* clang-format off */

/* Appendix C1: standard abbreviation, primary name; by abbreviation. The number
 * of a suffix is its row, from 1. */
static const pair_t suffixes[] = {
		{"ALY", "ALLEY"}, {"ANX", "ANEX"}, {"ARC", "ARCADE"}, {"AVE", "AVENUE"},
		{"BCH", "BEACH"}, {"BG", "BURG"}, {"BGS", "BURGS"}, {"BLF", "BLUFF"},
		{"BLFS", "BLUFFS"}, {"BLVD", "BOULEVARD"}, {"BND", "BEND"},
		{"BR", "BRANCH"}, {"BRG", "BRIDGE"}, {"BRK", "BROOK"}, {"BRKS", "BROOKS"},
		{"BTM", "BOTTOM"}, {"BYP", "BYPASS"}, {"BYU", "BAYOU"}, {"CIR", "CIRCLE"},
		{"CIRS", "CIRCLES"}, {"CLB", "CLUB"}, {"CLF", "CLIFF"}, {"CLFS", "CLIFFS"},
		{"CMN", "COMMON"}, {"CMNS", "COMMONS"}, {"COR", "CORNER"},
		{"CORS", "CORNERS"}, {"CP", "CAMP"}, {"CPE", "CAPE"}, {"CRES", "CRESCENT"},
		{"CRK", "CREEK"}, {"CRSE", "COURSE"}, {"CRST", "CREST"},
		{"CSWY", "CAUSEWAY"}, {"CT", "COURT"}, {"CTR", "CENTER"},
		{"CTRS", "CENTERS"}, {"CTS", "COURTS"}, {"CURV", "CURVE"}, {"CV", "COVE"},
		{"CVS", "COVES"}, {"CYN", "CANYON"}, {"DL", "DALE"}, {"DM", "DAM"},
		{"DR", "DRIVE"}, {"DRS", "DRIVES"}, {"DV", "DIVIDE"}, {"EST", "ESTATE"},
		{"ESTS", "ESTATES"}, {"EXPY", "EXPRESSWAY"}, {"EXT", "EXTENSION"},
		{"EXTS", "EXTENSIONS"}, {"FALL", "FALL"}, {"FLD", "FIELD"},
		{"FLDS", "FIELDS"}, {"FLS", "FALLS"}, {"FLT", "FLAT"}, {"FLTS", "FLATS"},
		{"FRD", "FORD"}, {"FRDS", "FORDS"}, {"FRG", "FORGE"}, {"FRGS", "FORGES"},
		{"FRK", "FORK"}, {"FRKS", "FORKS"}, {"FRST", "FOREST"}, {"FRY", "FERRY"},
		{"FT", "FORT"}, {"FWY", "FREEWAY"}, {"GDN", "GARDEN"}, {"GDNS", "GARDENS"},
		{"GLN", "GLEN"}, {"GLNS", "GLENS"}, {"GRN", "GREEN"}, {"GRNS", "GREENS"},
		{"GRV", "GROVE"}, {"GRVS", "GROVES"}, {"GTWY", "GATEWAY"},
		{"HBR", "HARBOR"}, {"HBRS", "HARBORS"}, {"HL", "HILL"}, {"HLS", "HILLS"},
		{"HOLW", "HOLLOW"}, {"HTS", "HEIGHTS"}, {"HVN", "HAVEN"},
		{"HWY", "HIGHWAY"}, {"INLT", "INLET"}, {"IS", "ISLAND"}, {"ISLE", "ISLE"},
		{"ISS", "ISLANDS"}, {"JCT", "JUNCTION"}, {"JCTS", "JUNCTIONS"},
		{"KNL", "KNOLL"}, {"KNLS", "KNOLLS"}, {"KY", "KEY"}, {"KYS", "KEYS"},
		{"LAND", "LAND"}, {"LCK", "LOCK"}, {"LCKS", "LOCKS"}, {"LDG", "LODGE"},
		{"LF", "LOAF"}, {"LGT", "LIGHT"}, {"LGTS", "LIGHTS"}, {"LK", "LAKE"},
		{"LKS", "LAKES"}, {"LN", "LANE"}, {"LNDG", "LANDING"}, {"LOOP", "LOOP"},
		{"MALL", "MALL"}, {"MDW", "MEADOW"}, {"MDWS", "MEADOWS"}, {"MEWS", "MEWS"},
		{"ML", "MILL"}, {"MLS", "MILLS"}, {"MNR", "MANOR"}, {"MNRS", "MANORS"},
		{"MSN", "MISSION"}, {"MT", "MOUNT"}, {"MTN", "MOUNTAIN"},
		{"MTNS", "MOUNTAINS"}, {"MTWY", "MOTORWAY"}, {"NCK", "NECK"},
		{"OPAS", "OVERPASS"}, {"ORCH", "ORCHARD"}, {"OVAL", "OVAL"},
		{"PARK", "PARK"}, {"PASS", "PASS"}, {"PATH", "PATH"}, {"PIKE", "PIKE"},
		{"PKWY", "PARKWAY"}, {"PL", "PLACE"}, {"PLN", "PLAIN"}, {"PLNS", "PLAINS"},
		{"PLZ", "PLAZA"}, {"PNE", "PINE"}, {"PNES", "PINES"}, {"PR", "PRAIRIE"},
		{"PRT", "PORT"}, {"PRTS", "PORTS"}, {"PSGE", "PASSAGE"}, {"PT", "POINT"},
		{"PTS", "POINTS"}, {"RADL", "RADIAL"}, {"RAMP", "RAMP"}, {"RD", "ROAD"},
		{"RDG", "RIDGE"}, {"RDGS", "RIDGES"}, {"RDS", "ROADS"}, {"RIV", "RIVER"},
		{"RNCH", "RANCH"}, {"ROW", "ROW"}, {"RPD", "RAPID"}, {"RPDS", "RAPIDS"},
		{"RST", "REST"}, {"RTE", "ROUTE"}, {"RUE", "RUE"}, {"RUN", "RUN"},
		{"SHL", "SHOAL"}, {"SHLS", "SHOALS"}, {"SHR", "SHORE"}, {"SHRS", "SHORES"},
		{"SKWY", "SKYWAY"}, {"SMT", "SUMMIT"}, {"SPG", "SPRING"},
		{"SPGS", "SPRINGS"}, {"SPUR", "SPUR"}, {"SQ", "SQUARE"},
		{"SQS", "SQUARES"}, {"ST", "STREET"}, {"STA", "STATION"},
		{"STRA", "STRAVENUE"}, {"STRM", "STREAM"}, {"STS", "STREETS"},
		{"TER", "TERRACE"}, {"TPKE", "TURNPIKE"}, {"TRAK", "TRACK"},
		{"TRCE", "TRACE"}, {"TRFY", "TRAFFICWAY"}, {"TRL", "TRAIL"},
		{"TRLR", "TRAILER"}, {"TRWY", "THROUGHWAY"}, {"TUNL", "TUNNEL"},
		{"UN", "UNION"}, {"UNS", "UNIONS"}, {"UPAS", "UNDERPASS"},
		{"VIA", "VIADUCT"}, {"VIS", "VISTA"}, {"VL", "VILLE"}, {"VLG", "VILLAGE"},
		{"VLGS", "VILLAGES"}, {"VLY", "VALLEY"}, {"VLYS", "VALLEYS"},
		{"VW", "VIEW"}, {"VWS", "VIEWS"}, {"WALK", "WALK"}, {"WALL", "WALL"},
		{"WAY", "WAY"}, {"WAYS", "WAYS"}, {"WL", "WELL"}, {"WLS", "WELLS"},
		{"XING", "CROSSING"}, {"XRD", "CROSSROAD"}, {"XRDS", "CROSSROADS"},
};

/* Appendix C1: commonly used variants; by word */
static const pair_t variants[] = {
		{"ALLEE", "ALY"}, {"ALLEY", "ALY"}, {"ALLY", "ALY"}, {"ALY", "ALY"},
		{"ANEX", "ANX"}, {"ANNEX", "ANX"}, {"ANNX", "ANX"}, {"ANX", "ANX"},
		{"ARC", "ARC"}, {"ARCADE", "ARC"}, {"AV", "AVE"}, {"AVE", "AVE"},
		{"AVEN", "AVE"}, {"AVENU", "AVE"}, {"AVENUE", "AVE"}, {"AVN", "AVE"},
		{"AVNUE", "AVE"}, {"BAYOO", "BYU"}, {"BAYOU", "BYU"}, {"BCH", "BCH"},
		{"BEACH", "BCH"}, {"BEND", "BND"}, {"BG", "BG"}, {"BGS", "BGS"},
		{"BLF", "BLF"}, {"BLFS", "BLFS"}, {"BLUF", "BLF"}, {"BLUFF", "BLF"},
		{"BLUFFS", "BLFS"}, {"BLV", "BLVD"}, {"BLVD", "BLVD"}, {"BND", "BND"},
		{"BOT", "BTM"}, {"BOTTM", "BTM"}, {"BOTTOM", "BTM"}, {"BOUL", "BLVD"},
		{"BOULEVARD", "BLVD"}, {"BOULV", "BLVD"}, {"BR", "BR"}, {"BRANCH", "BR"},
		{"BRDGE", "BRG"}, {"BRG", "BRG"}, {"BRIDGE", "BRG"}, {"BRK", "BRK"},
		{"BRKS", "BRKS"}, {"BRNCH", "BR"}, {"BROOK", "BRK"}, {"BROOKS", "BRKS"},
		{"BTM", "BTM"}, {"BURG", "BG"}, {"BURGS", "BGS"}, {"BYP", "BYP"},
		{"BYPA", "BYP"}, {"BYPAS", "BYP"}, {"BYPASS", "BYP"}, {"BYPS", "BYP"},
		{"BYU", "BYU"}, {"CAMP", "CP"}, {"CANYN", "CYN"}, {"CANYON", "CYN"},
		{"CAPE", "CPE"}, {"CAUSEWAY", "CSWY"}, {"CAUSWA", "CSWY"}, {"CEN", "CTR"},
		{"CENT", "CTR"}, {"CENTER", "CTR"}, {"CENTERS", "CTRS"}, {"CENTR", "CTR"},
		{"CENTRE", "CTR"}, {"CIR", "CIR"}, {"CIRC", "CIR"}, {"CIRCL", "CIR"},
		{"CIRCLE", "CIR"}, {"CIRCLES", "CIRS"}, {"CIRS", "CIRS"}, {"CLB", "CLB"},
		{"CLF", "CLF"}, {"CLFS", "CLFS"}, {"CLIFF", "CLF"}, {"CLIFFS", "CLFS"},
		{"CLUB", "CLB"}, {"CMN", "CMN"}, {"CMNS", "CMNS"}, {"CMP", "CP"},
		{"CNTER", "CTR"}, {"CNTR", "CTR"}, {"CNYN", "CYN"}, {"COMMON", "CMN"},
		{"COMMONS", "CMNS"}, {"COR", "COR"}, {"CORNER", "COR"},
		{"CORNERS", "CORS"}, {"CORS", "CORS"}, {"COURSE", "CRSE"}, {"COURT", "CT"},
		{"COURTS", "CTS"}, {"COVE", "CV"}, {"COVES", "CVS"}, {"CP", "CP"},
		{"CPE", "CPE"}, {"CRCL", "CIR"}, {"CRCLE", "CIR"}, {"CREEK", "CRK"},
		{"CRES", "CRES"}, {"CRESCENT", "CRES"}, {"CRESENT", "CRES"},
		{"CREST", "CRST"}, {"CRK", "CRK"}, {"CROSSING", "XING"},
		{"CROSSROAD", "XRD"}, {"CROSSROADS", "XRDS"}, {"CRSE", "CRSE"},
		{"CRSENT", "CRES"}, {"CRSNT", "CRES"}, {"CRSSNG", "XING"},
		{"CRST", "CRST"}, {"CRT", "CT"}, {"CSWY", "CSWY"}, {"CT", "CT"},
		{"CTR", "CTR"}, {"CTRS", "CTRS"}, {"CTS", "CTS"}, {"CURV", "CURV"},
		{"CURVE", "CURV"}, {"CV", "CV"}, {"CVS", "CVS"}, {"CYN", "CYN"},
		{"DALE", "DL"}, {"DAM", "DM"}, {"DIV", "DV"}, {"DIVIDE", "DV"},
		{"DL", "DL"}, {"DM", "DM"}, {"DR", "DR"}, {"DRIV", "DR"}, {"DRIVE", "DR"},
		{"DRIVES", "DRS"}, {"DRS", "DRS"}, {"DRV", "DR"}, {"DV", "DV"},
		{"DVD", "DV"}, {"EST", "EST"}, {"ESTATE", "EST"}, {"ESTATES", "ESTS"},
		{"ESTS", "ESTS"}, {"EXP", "EXPY"}, {"EXPR", "EXPY"}, {"EXPRESS", "EXPY"},
		{"EXPRESSWAY", "EXPY"}, {"EXPW", "EXPY"}, {"EXPY", "EXPY"}, {"EXT", "EXT"},
		{"EXTENSION", "EXT"}, {"EXTENSIONS", "EXTS"}, {"EXTN", "EXT"},
		{"EXTNSN", "EXT"}, {"EXTS", "EXTS"}, {"FALL", "FALL"}, {"FALLS", "FLS"},
		{"FERRY", "FRY"}, {"FIELD", "FLD"}, {"FIELDS", "FLDS"}, {"FLAT", "FLT"},
		{"FLATS", "FLTS"}, {"FLD", "FLD"}, {"FLDS", "FLDS"}, {"FLS", "FLS"},
		{"FLT", "FLT"}, {"FLTS", "FLTS"}, {"FORD", "FRD"}, {"FORDS", "FRDS"},
		{"FOREST", "FRST"}, {"FORESTS", "FRST"}, {"FORG", "FRG"}, {"FORGE", "FRG"},
		{"FORGES", "FRGS"}, {"FORK", "FRK"}, {"FORKS", "FRKS"}, {"FORT", "FT"},
		{"FRD", "FRD"}, {"FRDS", "FRDS"}, {"FREEWAY", "FWY"}, {"FREEWY", "FWY"},
		{"FRG", "FRG"}, {"FRGS", "FRGS"}, {"FRK", "FRK"}, {"FRKS", "FRKS"},
		{"FRRY", "FRY"}, {"FRST", "FRST"}, {"FRT", "FT"}, {"FRWAY", "FWY"},
		{"FRWY", "FWY"}, {"FRY", "FRY"}, {"FT", "FT"}, {"FWY", "FWY"},
		{"GARDEN", "GDN"}, {"GARDENS", "GDNS"}, {"GARDN", "GDN"},
		{"GATEWAY", "GTWY"}, {"GATEWY", "GTWY"}, {"GATWAY", "GTWY"},
		{"GDN", "GDN"}, {"GDNS", "GDNS"}, {"GLEN", "GLN"}, {"GLENS", "GLNS"},
		{"GLN", "GLN"}, {"GLNS", "GLNS"}, {"GRDEN", "GDN"}, {"GRDN", "GDN"},
		{"GRDNS", "GDNS"}, {"GREEN", "GRN"}, {"GREENS", "GRNS"}, {"GRN", "GRN"},
		{"GRNS", "GRNS"}, {"GROV", "GRV"}, {"GROVE", "GRV"}, {"GROVES", "GRVS"},
		{"GRV", "GRV"}, {"GRVS", "GRVS"}, {"GTWAY", "GTWY"}, {"GTWY", "GTWY"},
		{"HARB", "HBR"}, {"HARBOR", "HBR"}, {"HARBORS", "HBRS"},
		{"HARBOUR", "HBR"}, {"HARBR", "HBR"}, {"HAVEN", "HVN"}, {"HBR", "HBR"},
		{"HBRS", "HBRS"}, {"HEIGHTS", "HTS"}, {"HIGHWAY", "HWY"},
		{"HIGHWY", "HWY"}, {"HILL", "HL"}, {"HILLS", "HLS"}, {"HIWAY", "HWY"},
		{"HIWY", "HWY"}, {"HL", "HL"}, {"HLLW", "HOLW"}, {"HLS", "HLS"},
		{"HOLLOW", "HOLW"}, {"HOLLOWS", "HOLW"}, {"HOLW", "HOLW"},
		{"HOLWS", "HOLW"}, {"HRBOR", "HBR"}, {"HT", "HTS"}, {"HTS", "HTS"},
		{"HVN", "HVN"}, {"HWAY", "HWY"}, {"HWY", "HWY"}, {"INLET", "INLT"},
		{"INLT", "INLT"}, {"IS", "IS"}, {"ISLAND", "IS"}, {"ISLANDS", "ISS"},
		{"ISLE", "ISLE"}, {"ISLES", "ISLE"}, {"ISLND", "IS"}, {"ISLNDS", "ISS"},
		{"ISS", "ISS"}, {"JCT", "JCT"}, {"JCTION", "JCT"}, {"JCTN", "JCT"},
		{"JCTNS", "JCTS"}, {"JCTS", "JCTS"}, {"JUNCTION", "JCT"},
		{"JUNCTIONS", "JCTS"}, {"JUNCTN", "JCT"}, {"JUNCTON", "JCT"},
		{"KEY", "KY"}, {"KEYS", "KYS"}, {"KNL", "KNL"}, {"KNLS", "KNLS"},
		{"KNOL", "KNL"}, {"KNOLL", "KNL"}, {"KNOLLS", "KNLS"}, {"KY", "KY"},
		{"KYS", "KYS"}, {"LA", "LN"}, {"LAKE", "LK"}, {"LAKES", "LKS"},
		{"LAND", "LAND"}, {"LANDING", "LNDG"}, {"LANE", "LN"}, {"LANES", "LN"},
		{"LCK", "LCK"}, {"LCKS", "LCKS"}, {"LDG", "LDG"}, {"LDGE", "LDG"},
		{"LF", "LF"}, {"LGT", "LGT"}, {"LGTS", "LGTS"}, {"LIGHT", "LGT"},
		{"LIGHTS", "LGTS"}, {"LK", "LK"}, {"LKS", "LKS"}, {"LN", "LN"},
		{"LNDG", "LNDG"}, {"LNDNG", "LNDG"}, {"LOAF", "LF"}, {"LOCK", "LCK"},
		{"LOCKS", "LCKS"}, {"LODG", "LDG"}, {"LODGE", "LDG"}, {"LOOP", "LOOP"},
		{"LOOPS", "LOOP"}, {"MALL", "MALL"}, {"MANOR", "MNR"}, {"MANORS", "MNRS"},
		{"MDW", "MDW"}, {"MDWS", "MDWS"}, {"MEADOW", "MDW"}, {"MEADOWS", "MDWS"},
		{"MEDOWS", "MDWS"}, {"MEWS", "MEWS"}, {"MILL", "ML"}, {"MILLS", "MLS"},
		{"MISSION", "MSN"}, {"MISSN", "MSN"}, {"ML", "ML"}, {"MLS", "MLS"},
		{"MNR", "MNR"}, {"MNRS", "MNRS"}, {"MNT", "MT"}, {"MNTAIN", "MTN"},
		{"MNTN", "MTN"}, {"MNTNS", "MTNS"}, {"MOTORWAY", "MTWY"}, {"MOUNT", "MT"},
		{"MOUNTAIN", "MTN"}, {"MOUNTAINS", "MTNS"}, {"MOUNTIN", "MTN"},
		{"MSN", "MSN"}, {"MSSN", "MSN"}, {"MT", "MT"}, {"MTIN", "MTN"},
		{"MTN", "MTN"}, {"MTNS", "MTNS"}, {"MTWY", "MTWY"}, {"NCK", "NCK"},
		{"NECK", "NCK"}, {"OPAS", "OPAS"}, {"ORCH", "ORCH"}, {"ORCHARD", "ORCH"},
		{"ORCHRD", "ORCH"}, {"OVAL", "OVAL"}, {"OVERPASS", "OPAS"},
		{"OVL", "OVAL"}, {"PARK", "PARK"}, {"PARKS", "PARK"}, {"PARKWAY", "PKWY"},
		{"PARKWAYS", "PKWY"}, {"PARKWY", "PKWY"}, {"PASS", "PASS"},
		{"PASSAGE", "PSGE"}, {"PATH", "PATH"}, {"PATHS", "PATH"}, {"PIKE", "PIKE"},
		{"PIKES", "PIKE"}, {"PINE", "PNE"}, {"PINES", "PNES"}, {"PKWAY", "PKWY"},
		{"PKWY", "PKWY"}, {"PKWYS", "PKWY"}, {"PKY", "PKWY"}, {"PL", "PL"},
		{"PLACE", "PL"}, {"PLAIN", "PLN"}, {"PLAINS", "PLNS"}, {"PLAZA", "PLZ"},
		{"PLN", "PLN"}, {"PLNS", "PLNS"}, {"PLZ", "PLZ"}, {"PLZA", "PLZ"},
		{"PNE", "PNE"}, {"PNES", "PNES"}, {"POINT", "PT"}, {"POINTS", "PTS"},
		{"PORT", "PRT"}, {"PORTS", "PRTS"}, {"PR", "PR"}, {"PRAIRIE", "PR"},
		{"PRK", "PARK"}, {"PRR", "PR"}, {"PRT", "PRT"}, {"PRTS", "PRTS"},
		{"PSGE", "PSGE"}, {"PT", "PT"}, {"PTS", "PTS"}, {"RAD", "RADL"},
		{"RADIAL", "RADL"}, {"RADIEL", "RADL"}, {"RADL", "RADL"}, {"RAMP", "RAMP"},
		{"RANCH", "RNCH"}, {"RANCHES", "RNCH"}, {"RAPID", "RPD"},
		{"RAPIDS", "RPDS"}, {"RD", "RD"}, {"RDG", "RDG"}, {"RDGE", "RDG"},
		{"RDGS", "RDGS"}, {"RDS", "RDS"}, {"REST", "RST"}, {"RIDGE", "RDG"},
		{"RIDGES", "RDGS"}, {"RIV", "RIV"}, {"RIVER", "RIV"}, {"RIVR", "RIV"},
		{"RNCH", "RNCH"}, {"RNCHS", "RNCH"}, {"ROAD", "RD"}, {"ROADS", "RDS"},
		{"ROUTE", "RTE"}, {"ROW", "ROW"}, {"RPD", "RPD"}, {"RPDS", "RPDS"},
		{"RST", "RST"}, {"RTE", "RTE"}, {"RUE", "RUE"}, {"RUN", "RUN"},
		{"RVR", "RIV"}, {"SHL", "SHL"}, {"SHLS", "SHLS"}, {"SHOAL", "SHL"},
		{"SHOALS", "SHLS"}, {"SHOAR", "SHR"}, {"SHOARS", "SHRS"}, {"SHORE", "SHR"},
		{"SHORES", "SHRS"}, {"SHR", "SHR"}, {"SHRS", "SHRS"}, {"SKWY", "SKWY"},
		{"SKYWAY", "SKWY"}, {"SMT", "SMT"}, {"SPG", "SPG"}, {"SPGS", "SPGS"},
		{"SPNG", "SPG"}, {"SPNGS", "SPGS"}, {"SPRING", "SPG"}, {"SPRINGS", "SPGS"},
		{"SPRNG", "SPG"}, {"SPRNGS", "SPGS"}, {"SPUR", "SPUR"}, {"SPURS", "SPUR"},
		{"SQ", "SQ"}, {"SQR", "SQ"}, {"SQRE", "SQ"}, {"SQRS", "SQS"},
		{"SQS", "SQS"}, {"SQU", "SQ"}, {"SQUARE", "SQ"}, {"SQUARES", "SQS"},
		{"ST", "ST"}, {"STA", "STA"}, {"STATION", "STA"}, {"STATN", "STA"},
		{"STN", "STA"}, {"STR", "ST"}, {"STRA", "STRA"}, {"STRAV", "STRA"},
		{"STRAVEN", "STRA"}, {"STRAVENUE", "STRA"}, {"STRAVN", "STRA"},
		{"STREAM", "STRM"}, {"STREET", "ST"}, {"STREETS", "STS"},
		{"STREME", "STRM"}, {"STRM", "STRM"}, {"STRT", "ST"}, {"STRVN", "STRA"},
		{"STRVNUE", "STRA"}, {"STS", "STS"}, {"SUMIT", "SMT"}, {"SUMITT", "SMT"},
		{"SUMMIT", "SMT"}, {"TER", "TER"}, {"TERR", "TER"}, {"TERRACE", "TER"},
		{"THROUGHWAY", "TRWY"}, {"TPKE", "TPKE"}, {"TRACE", "TRCE"},
		{"TRACES", "TRCE"}, {"TRACK", "TRAK"}, {"TRACKS", "TRAK"},
		{"TRAFFICWAY", "TRFY"}, {"TRAIL", "TRL"}, {"TRAILER", "TRLR"},
		{"TRAILS", "TRL"}, {"TRAK", "TRAK"}, {"TRCE", "TRCE"}, {"TRFY", "TRFY"},
		{"TRK", "TRAK"}, {"TRKS", "TRAK"}, {"TRL", "TRL"}, {"TRLR", "TRLR"},
		{"TRLRS", "TRLR"}, {"TRLS", "TRL"}, {"TRNPK", "TPKE"}, {"TRWY", "TRWY"},
		{"TUNEL", "TUNL"}, {"TUNL", "TUNL"}, {"TUNLS", "TUNL"}, {"TUNNEL", "TUNL"},
		{"TUNNELS", "TUNL"}, {"TUNNL", "TUNL"}, {"TURNPIKE", "TPKE"},
		{"TURNPK", "TPKE"}, {"UN", "UN"}, {"UNDERPASS", "UPAS"}, {"UNION", "UN"},
		{"UNIONS", "UNS"}, {"UNS", "UNS"}, {"UPAS", "UPAS"}, {"VALLEY", "VLY"},
		{"VALLEYS", "VLYS"}, {"VALLY", "VLY"}, {"VDCT", "VIA"}, {"VIA", "VIA"},
		{"VIADCT", "VIA"}, {"VIADUCT", "VIA"}, {"VIEW", "VW"}, {"VIEWS", "VWS"},
		{"VILL", "VLG"}, {"VILLAG", "VLG"}, {"VILLAGE", "VLG"},
		{"VILLAGES", "VLGS"}, {"VILLE", "VL"}, {"VILLG", "VLG"},
		{"VILLIAGE", "VLG"}, {"VIS", "VIS"}, {"VIST", "VIS"}, {"VISTA", "VIS"},
		{"VL", "VL"}, {"VLG", "VLG"}, {"VLGS", "VLGS"}, {"VLLY", "VLY"},
		{"VLY", "VLY"}, {"VLYS", "VLYS"}, {"VST", "VIS"}, {"VSTA", "VIS"},
		{"VW", "VW"}, {"VWS", "VWS"}, {"WALK", "WALK"}, {"WALKS", "WALK"},
		{"WALL", "WALL"}, {"WAY", "WAY"}, {"WAYS", "WAYS"}, {"WELL", "WL"},
		{"WELLS", "WLS"}, {"WL", "WL"}, {"WLS", "WLS"}, {"WY", "WAY"},
		{"XING", "XING"}, {"XRD", "XRD"}, {"XRDS", "XRDS"},
};

static const pair_t states[] = {
		{"ALABAMA", "AL"}, {"ALASKA", "AK"}, {"ALBERTA", "AB"},
		{"AMERICAN SAMOA", "AS"}, {"ARIZONA", "AZ"}, {"ARKANSAS", "AR"},
		{"BRITISH COLUMBIA", "BC"}, {"CALIFORNIA", "CA"}, {"COLORADO", "CO"},
		{"CONNECTICUT", "CT"}, {"DELAWARE", "DE"}, {"DISTRICT OF COLUMBIA", "DC"},
		{"FLORIDA", "FL"}, {"GEORGIA", "GA"}, {"GUAM", "GU"}, {"HAWAII", "HI"},
		{"IDAHO", "ID"}, {"ILLINOIS", "IL"}, {"INDIANA", "IN"}, {"IOWA", "IA"},
		{"KANSAS", "KS"}, {"KENTUCKY", "KY"}, {"LOUISIANA", "LA"}, {"MAINE", "ME"},
		{"MANITOBA", "MB"}, {"MARYLAND", "MD"}, {"MASSACHUSETTS", "MA"},
		{"MICHIGAN", "MI"}, {"MINNESOTA", "MN"}, {"MISSISSIPPI", "MS"},
		{"MISSOURI", "MO"}, {"MONTANA", "MT"}, {"NEBRASKA", "NE"},
		{"NEVADA", "NV"}, {"NEW BRUNSWICK", "NB"}, {"NEW HAMPSHIRE", "NH"},
		{"NEW JERSEY", "NJ"}, {"NEW MEXICO", "NM"}, {"NEW YORK", "NY"},
		{"NEWFOUNDLAND AND LABRADOR", "NL"}, {"NORTH CAROLINA", "NC"},
		{"NORTH DAKOTA", "ND"}, {"NORTHERN MARIANA ISLANDS", "MP"},
		{"NORTHWEST TERRITORIES", "NT"}, {"NOVA SCOTIA", "NS"}, {"NUNAVUT", "NU"},
		{"OHIO", "OH"}, {"OKLAHOMA", "OK"}, {"ONTARIO", "ON"}, {"OREGON", "OR"},
		{"PENNSYLVANIA", "PA"}, {"PRINCE EDWARD ISLAND", "PE"},
		{"PUERTO RICO", "PR"}, {"QUEBEC", "QC"}, {"RHODE ISLAND", "RI"},
		{"SASKATCHEWAN", "SK"}, {"SOUTH CAROLINA", "SC"}, {"SOUTH DAKOTA", "SD"},
		{"TENNESSEE", "TN"}, {"TEXAS", "TX"}, {"UTAH", "UT"}, {"VERMONT", "VT"},
		{"VIRGIN ISLANDS", "VI"}, {"VIRGINIA", "VA"}, {"WASHINGTON", "WA"},
		{"WEST VIRGINIA", "WV"}, {"WISCONSIN", "WI"}, {"WYOMING", "WY"},
		{"YUKON", "YT"},
};

static const value_t ordinals[] = {
		{"EIGHTEENTH", 18}, {"EIGHTH", 8}, {"EIGHTIETH", 80}, {"ELEVENTH", 11},
		{"FIFTEENTH", 15}, {"FIFTH", 5}, {"FIFTIETH", 50}, {"FIRST", 1},
		{"FORTIETH", 40}, {"FOURTEENTH", 14}, {"FOURTH", 4}, {"NINETEENTH", 19},
		{"NINETIETH", 90}, {"NINTH", 9}, {"SECOND", 2}, {"SEVENTEENTH", 17},
		{"SEVENTH", 7}, {"SEVENTIETH", 70}, {"SIXTEENTH", 16}, {"SIXTH", 6},
		{"SIXTIETH", 60}, {"TENTH", 10}, {"THIRD", 3}, {"THIRTEENTH", 13},
		{"THIRTIETH", 30}, {"TWELFTH", 12}, {"TWENTIETH", 20},
};

static const value_t tens[] = {
		{"EIGHTY", 80}, {"FIFTY", 50}, {"FORTY", 40}, {"NINETY", 90},
		{"SEVENTY", 70}, {"SIXTY", 60}, {"THIRTY", 30}, {"TWENTY", 20},
};

static const value_t directions[] = {
		{"E", E911_DIRECTION_E}, {"EAST", E911_DIRECTION_E},
		{"N", E911_DIRECTION_N}, {"NE", E911_DIRECTION_NE},
		{"NO", E911_DIRECTION_N}, {"NORTH", E911_DIRECTION_N},
		{"NORTHEAST", E911_DIRECTION_NE}, {"NORTHWEST", E911_DIRECTION_NW},
		{"NW", E911_DIRECTION_NW}, {"S", E911_DIRECTION_S},
		{"SE", E911_DIRECTION_SE}, {"SO", E911_DIRECTION_S},
		{"SOUTH", E911_DIRECTION_S}, {"SOUTHEAST", E911_DIRECTION_SE},
		{"SOUTHWEST", E911_DIRECTION_SW}, {"SW", E911_DIRECTION_SW},
		{"W", E911_DIRECTION_W}, {"WEST", E911_DIRECTION_W},
};
static const char *const direction_names[] = {
		"", "N", "NE", "E", "SE", "S", "SW", "W", "NW"};

/* Appendix C2, those that a number or letter follows */
static const value_t units[] = {
		{"#", E911_UNIT_UNIT}, {"APARTMENT", E911_UNIT_UNIT},
		{"APT", E911_UNIT_UNIT}, {"BLDG", E911_UNIT_BUILDING},
		{"BUILDING", E911_UNIT_BUILDING}, {"DEPARTMENT", E911_UNIT_UNIT},
		{"DEPT", E911_UNIT_UNIT}, {"FL", E911_UNIT_FLOOR},
		{"FLOOR", E911_UNIT_FLOOR}, {"HANGAR", E911_UNIT_UNIT},
		{"HNGR", E911_UNIT_UNIT}, {"LOT", E911_UNIT_UNIT},
		{"RM", E911_UNIT_ROOM}, {"ROOM", E911_UNIT_ROOM},
		{"SLIP", E911_UNIT_UNIT}, {"SPACE", E911_UNIT_UNIT},
		{"SPC", E911_UNIT_UNIT}, {"STE", E911_UNIT_UNIT},
		{"STOP", E911_UNIT_UNIT}, {"SUITE", E911_UNIT_UNIT},
		{"TRAILER", E911_UNIT_UNIT}, {"TRLR", E911_UNIT_UNIT},
		{"UNIT", E911_UNIT_UNIT},
};

/* Words that names are written with in more than one way; appendix F for those
 * in front of a number. */
enum place
{
	ANYWHERE,
	FIRST,	  /* something follows */
	WITHIN,	  /* neither first nor last */
	NUMBERED  /* a number follows */
};

static const struct name
{
	const char *word;
	enum place place;
	const char *is;
} names[] = {
		{"CNTY", ANYWHERE, "COUNTY"},
		{"CO", FIRST, "COUNTY"},
		{"CR", NUMBERED, "COUNTY ROAD"},
		{"DR", FIRST, "DOCTOR"},
		{"FM", NUMBERED, "FARM TO MARKET"},
		{"FT", FIRST, "FORT"},
		{"JR", ANYWHERE, "JUNIOR"},
		{"MLK", ANYWHERE, "MARTIN LUTHER KING"},
		{"MT", FIRST, "MOUNT"},
		{"RR", NUMBERED, "RANCH ROAD"},
		{"RT", ANYWHERE, "ROUTE"},
		{"SR", NUMBERED, "STATE ROAD"},
		{"ST", FIRST, "SAINT"},
		{"ST", WITHIN, "SAINT"},
		{"ST", NUMBERED, "STREET"},
		{"STE", FIRST, "SAINTE"},
		{"TWP", ANYWHERE, "TOWNSHIP"},
		{"VIA", ANYWHERE, "VIA"},
};
/* clang-format on */

#define ABBREVIATION_MAX 4 /* letters of a standard one */
#define ROWS(table) (sizeof(table) / sizeof(*(table)))

static int order(const char *word, size_t len, const char *row)
{
	size_t i;

	/* most differ in their first letters */
	for(i = 0; i < len; i++)
		if(word[i] != row[i])
			return word[i] - row[i];
	return row[len] != '\0' ? -1 : 0;
}

/* Every table begins its rows with the word and is sorted by it; -1. */
static int find(const void *table, size_t rows, size_t size, const char *word,
		size_t len)
{
	size_t low = 0, middle;
	int d;

	while(low < rows) {
		middle = (low + rows) / 2;
		d = order(word, len,
				*(const char *const *)((const char *)table + middle * size));
		if(d == 0)
			return (int)middle;
		if(d < 0)
			rows = middle;
		else
			low = middle + 1;
	}
	return -1;
}

#define FIND(table, word, len) \
	find(table, ROWS(table), sizeof(*(table)), word, len)

static int value_of(
		const value_t *table, size_t rows, const char *word, size_t len)
{
	int i = find(table, rows, sizeof(*table), word, len);

	return i < 0 ? 0 : table[i].is;
}

int e911_postal_suffix(const char *word, size_t len)
{
	int i = FIND(variants, word, len);

	if(i < 0)
		return 0;
	return 1 + FIND(suffixes, variants[i].is, strlen(variants[i].is));
}

const char *e911_postal_abbreviation(int suffix)
{
	return suffix > 0 && (size_t)suffix <= ROWS(suffixes)
				   ? suffixes[suffix - 1].word
				   : "";
}

const char *e911_postal_whole(const char *word, size_t len)
{
	int i = len > ABBREVIATION_MAX ? -1 : FIND(suffixes, word, len);

	return i < 0 ? NULL : suffixes[i].is;
}

int e911_postal_direction(const char *word, size_t len)
{
	return len > 9 || strchr("NESW", *word) == NULL
				   ? 0
				   : value_of(directions, ROWS(directions), word, len);
}

const char *e911_postal_direction_name(int direction)
{
	return direction > 0 && (size_t)direction < ROWS(direction_names)
				   ? direction_names[direction]
				   : "";
}

int e911_postal_unit(const char *word, size_t len)
{
	return value_of(units, ROWS(units), word, len);
}

int e911_postal_ordinal(const char *word, size_t len)
{
	return len < 5 ? 0 : value_of(ordinals, ROWS(ordinals), word, len);
}

int e911_postal_tens(const char *word, size_t len)
{
	return word[len - 1] != 'Y' ? 0 : value_of(tens, ROWS(tens), word, len);
}

const char *e911_postal_state(const char *name, size_t len)
{
	int i = FIND(states, name, len);

	return i < 0 ? NULL : states[i].is;
}

const char *e911_postal_name(
		const char *word, size_t len, int first, int last, int numbered)
{
	const int fits[] = {[ANYWHERE] = 1,
			[FIRST] = first && !last,
			[WITHIN] = !first && !last && !numbered,
			[NUMBERED] = numbered};
	size_t i;

	for(i = 0; i < ROWS(names); i++)
		if(*names[i].word == *word && order(word, len, names[i].word) == 0
				&& fits[names[i].place])
			return names[i].is;
	return e911_postal_whole(word, len);
}
